// What guards share, and the guards that have a file of their own.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/function_schema.h>
#include <ATen/core/ivalue.h>
#include <c10/core/impl/LocalDispatchKeySet.h>

#include <vector>

namespace nodetorch::guards {

using Schema = c10::FunctionSchema;
using Stack = std::vector<c10::IValue>;

// The argument of that name, or null.
const c10::IValue* Find(const Schema& schema, const Stack& stack, const char* name);
// The tensor of that name; undefined where there is none.
at::Tensor TensorNamed(const Schema& schema, const Stack& stack, const char* name);

// What a tensor stands for outside of all transforms of torch.func, and a stretch in which operators know
// nothing of them.
at::Tensor PlainOf(at::Tensor tensor);
struct OutsideTransforms {
  c10::impl::ExcludeDispatchKeyGuard front{c10::DispatchKey::FuncTorchDynamicLayerFrontMode};
  c10::impl::ExcludeDispatchKeyGuard back{c10::DispatchKey::FuncTorchDynamicLayerBackMode};
};

// What the numbers of a tensor are, of one inside of a transform, too: there of all that is run at once,
// which `item` refuses. The tensor must have elements.
int64_t Least(const at::Tensor& integers);
int64_t Greatest(const at::Tensor& integers);
bool Any(const at::Tensor& booleans);
// Whether an integer of the tensor is below `low` or not below `end`. Not where it has no data.
bool HasOutside(const at::Tensor& integers, int64_t low, int64_t end);

// Kernels of backward passes and private helpers trust their caller in these.
void OneDevice(const Schema& schema, const Stack& stack);
void OneFloatingType(const Schema& schema, const Stack& stack);

// guards_sizes.cc
void PositiveCounts(const Schema& schema, const Stack& stack);
void SomeGroups(const Schema& schema, const Stack& stack);
void ThreeSizes(const Schema& schema, const Stack& stack);
void DimensionsToChunk(const Schema& schema, const Stack& stack);
void NotCompressed(const Schema& schema, const Stack& stack);
void NonEmptyLists(const Schema& schema, const Stack& stack);
void PlaceOfEllipsis(const Schema& schema, const Stack& stack);
void PaddedSizes(const Schema& schema, const Stack& stack);
void PaddingLength(const Schema& schema, const Stack& stack);
void IndicesInRange(const Schema& schema, const Stack& stack);
void BatchDims(const Schema& schema, const Stack& stack);
void ConvBackward2d(const Schema& schema, const Stack& stack);
void MatchingFactors(const Schema& schema, const Stack& stack);
void NoSuchLevel(const Schema& schema, const Stack& stack);
void FloatImages(const Schema& schema, const Stack& stack);
void HeadsOfBias(const Schema& schema, const Stack& stack);
void FiniteMatrix(const Schema& schema, const Stack& stack);
void CoefficientsOfInput(const Schema& schema, const Stack& stack);
void SizeOfOutput(const Schema& schema, const Stack& stack);
void ScaledOutput(const Schema& schema, const Stack& stack);
void CountedOutput(const Schema& schema, const Stack& stack);
void RowsOfSizes(const Schema& schema, const Stack& stack);
void CountedStrides(const Schema& schema, const Stack& stack);
void ObservedRows(const Schema& schema, const Stack& stack);
void WithinStorage(const Schema& schema, const Stack& stack);

// guards_norm.cc
void RunningStatistics(const Schema& schema, const Stack& stack);
void NormsOfSlices(const Schema& schema, const Stack& stack);
void NormPerSlice(const Schema& schema, const Stack& stack);
void SavedPerChannel(const Schema& schema, const Stack& stack);
void SavedPerRow(const Schema& schema, const Stack& stack);
void ChannelsOfInput(const Schema& schema, const Stack& stack);

// guards_backward.cc
void IndicesBelow(const Schema& schema, const at::Tensor& indices, int64_t low, int64_t end);
void GradLikeOutput(const Schema& schema, const Stack& stack);
void GradLikeGrid(const Schema& schema, const Stack& stack);
void GradLikeSecond(const Schema& schema, const Stack& stack);
void GradOfLoss(const Schema& schema, const Stack& stack);
void TargetsAmongClasses(const Schema& schema, const Stack& stack);
void OutLikeInput(const Schema& schema, const Stack& stack);
void BagsOfIndices(const Schema& schema, const Stack& stack);
void ListsOfBags(const Schema& schema, const Stack& stack);
void HeadsOfAttention(const Schema& schema, const Stack& stack);
void SomeRows(const Schema& schema, const Stack& stack);
void PairsOfTwo(const Schema& schema, const Stack& stack);
void PairsOfRows(const Schema& schema, const Stack& stack);

// guards_index.cc
void NoOverflow(const Schema& schema, const Stack& stack);
void PivotsInRange(const Schema& schema, const Stack& stack);
void SegmentsOfAxis(const Schema& schema, const Stack& stack);
void WholeStep(const Schema& schema, const Stack& stack);
void SobolSizes(const Schema& schema, const Stack& stack);
void CountedBins(const Schema& schema, const Stack& stack);
void DefinedIndices(const Schema& schema, const Stack& stack);
void NotQuantized(const Schema& schema, const Stack& stack);
void OwnDtype(const Schema& schema, const Stack& stack);
void BelowLargest(const Schema& schema, const Stack& stack);
void SomeMatrix(const Schema& schema, const Stack& stack);
void NegatedPower(const Schema& schema, const Stack& stack);
void CountedIndices(const Schema& schema, const Stack& stack);
void DimsInRange(const Schema& schema, const Stack& stack);
void OrderOfPolynomial(const Schema& schema, const Stack& stack);

// guards_sparse.cc
void SparseParts(const Schema& schema, const Stack& stack);
void RowsOfColumns(const Schema& schema, const Stack& stack);

// guards_recurrent.cc
void GatesOfCell(const Schema& schema, const Stack& stack);
void TwoStates(const Schema& schema, const Stack& stack);
void LayersOfParams(const Schema& schema, const Stack& stack);
void GatesOfHidden(const Schema& schema, const Stack& stack);
void StepsOfBatch(const Schema& schema, const Stack& stack);

// guards_packed.cc
void PackedConvolution(const Schema& schema, const Stack& stack);
void PointwiseConvolution(const Schema& schema, const Stack& stack);
void PackedLinear(const Schema& schema, const Stack& stack);
void ReorderedLayer(const Schema& schema, const Stack& stack);
void PackedByMkl(const Schema& schema, const Stack& stack);
void MatrixOfWeight(const Schema& schema, const Stack& stack);
void ToBePackedByMkl(const Schema& schema, const Stack& stack);
void WholeVectors(const Schema& schema, const Stack& stack);
void ScalesOfGroups(const Schema& schema, const Stack& stack);
void ColumnsOfWeight(const Schema& schema, const Stack& stack);

// guards_ctc.cc
void CtcLabels(const Schema& schema, const Stack& stack);
void CtcSizes(const Schema& schema, const Stack& stack);

}  // namespace nodetorch::guards
