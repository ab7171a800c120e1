'use strict';
// Why public names of Python's torch are not here and are not to be: docs/coverage.md tells it. A name stands in one list
// at most; `torch.jit.*` means all names of that namespace and of those below it. A test finds what is stale.

module.exports = [
  {
    reason: "An error is a `TorchError`, whose `kind` has the name of Python's class",
    names: [
      'torch.AcceleratorError',
      'torch.FatalError',
      'torch.OutOfMemoryError',
      'torch.linalg.LinAlgError',
      'torch.distributed.DistBackendError',
      'torch.distributed.DistError',
      'torch.distributed.DistNetworkError',
      'torch.distributed.DistStoreError',
      'torch.distributed.QueueEmptyError',
    ],
  },
  {
    reason:
      "Only CUDA's own headers and libraries give them, which the one build for CPU and GPU does without: NVML, snapshots " +
      'and pools of its allocator, handles of its libraries ([docs/cuda.md](cuda.md))',
    names: [
      'torch.cuda.CUDAPluggableAllocator',
      'torch.cuda.CudaError',
      'torch.cuda.DeferredCudaCallError',
      'torch.cuda.ExternalStream',
      'torch.cuda.streams.ExternalStream',
      'torch.cuda.GreenContext',
      'torch.cuda.MemPool',
      'torch.cuda.caching_allocator_alloc',
      'torch.cuda.caching_allocator_delete',
      'torch.cuda.caching_allocator_disabled',
      'torch.cuda.caching_allocator_enable',
      'torch.cuda.change_current_allocator',
      'torch.cuda.clock_rate',
      'torch.cuda.check_error',
      'torch.cuda.cudaStatus',
      'torch.cuda.cudart',
      'torch.cuda.current_blas_handle',
      'torch.cuda.current_solver_handle',
      'torch.cuda.device_memory_used',
      'torch.cuda.get_allocator_backend',
      'torch.cuda.get_arch_list',
      'torch.cuda.get_gencode_flags',
      'torch.cuda.graph_pool_handle',
      'torch.cuda.has_magma',
      'torch.cuda.ipc_collect',
      'torch.cuda.get_per_process_memory_fraction',
      'torch.cuda.get_stream_from_external',
      'torch.cuda.get_sync_debug_mode',
      'torch.cuda.list_gpu_processes',
      'torch.cuda.memory_snapshot',
      'torch.cuda.memory_usage',
      'torch.cuda.power_draw',
      'torch.cuda.set_per_process_memory_fraction',
      'torch.cuda.set_sync_debug_mode',
      'torch.cuda.temperature',
      'torch.cuda.use_mem_pool',
      'torch.cuda.utilization',
      'torch.cuda.CUDAGraph.get_graph_data',
      'torch.cuda.CUDAGraph.raw_cuda_graph',
      'torch.cuda.CUDAGraph.raw_cuda_graph_exec',
      'torch.cuda.Event.from_ipc_handle',
      'torch.cuda.Event.ipc_handle',
      'torch.Stream.native_handle',
      'torch.cuda.gds.*',
      'torch.cuda.nccl.*',
      'torch.cuda.nvtx.*',
      'torch.cuda.profiler.*',
      'torch.cuda.tunable.*',
    ],
  },
  {
    reason: 'They always throw in Python: events of any device do not go to other processes',
    names: ['torch.Event.from_ipc_handle', 'torch.Event.ipc_handle'],
  },
  {
    reason:
      'What `DataParallel` is made of, for GPUs alone: `tensor.to`, `torch.cat` and `tensor.chunk` do the same on any device',
    names: ['torch.cuda.comm.*'],
  },
  {
    reason: 'They stand in `torch.cuda`, as in Python',
    names: ['torch.cuda.streams.Stream', 'torch.cuda.streams.Event'],
  },
  {
    reason: 'The body of a `with` block is a function: `torch.cuda.stream(stream, body)`',
    names: ['torch.cuda.StreamContext'],
  },
  {
    reason:
      "Of `torch.backends.cuda`: plans of cuFFT, work spaces of cuBLAS and conditions of the fused attention are in CUDA's " +
      "and ROCm's own libraries; `sdp_kernel` is deprecated",
    names: [
      ...['blas_workspace_size', 'cublas_workspace_size', 'cublaslt_workspace_size', 'cufft_plan_cache'],
      ...[
        'can_use_cudnn_attention',
        'can_use_efficient_attention',
        'can_use_flash_attention',
        'cuBLASModule',
      ],
      ...['cuFFTPlanCache', 'cuFFTPlanCacheAttrContextProp', 'cuFFTPlanCacheManager', 'is_ck_sdpa_available'],
      ...['is_flash_attention_available', 'preferred_rocm_fa_library', 'sdp_kernel'],
    ].map((name) => `torch.backends.cuda.${name}`),
  },
  {
    reason: 'Storages and tensor types of GPUs from before dtypes, as those of the CPU',
    names: [
      ...['BFloat16', 'Bool', 'Byte', 'Char', 'Double', 'Float', 'Half', 'Int', 'Long', 'Short'].flatMap(
        (type) => [`torch.cuda.${type}Storage`, `torch.cuda.${type}Tensor`],
      ),
      'torch.cuda.ComplexDoubleStorage',
      'torch.cuda.ComplexFloatStorage',
    ],
  },
  {
    reason: 'PyTorch refuses to split or shrink a group of gloo: they are for NCCL',
    names: ['torch.distributed.split_group', 'torch.distributed.shrink_group'],
  },
  {
    reason: "A backend is a text, and there is one: `'gloo'` for the CPU",
    names: [
      'torch.distributed.Backend',
      'torch.distributed.BackendConfig',
      'torch.distributed.get_backend_config',
    ],
  },
  {
    reason: '`initProcessGroup` takes any store instead of a handler of addresses',
    names: ['torch.distributed.rendezvous', 'torch.distributed.register_rendezvous_handler'],
  },
  {
    reason: "Python's debugger, profiler and types, and a name that PyTorch has deprecated",
    names: [
      'torch.distributed.breakpoint',
      'torch.distributed.record_comm',
      'torch.distributed.timedelta',
      'torch.distributed.GroupName',
      'torch.distributed.reduce_op',
    ],
  },
  {
    reason:
      'Parts of one model on several GPUs, and what saves them, which come with NCCL ' +
      '([docs/distributed.md](distributed.md))',
    names: ['torch.distributed.DeviceMesh', 'torch.distributed.init_device_mesh'],
  },
  {
    reason:
      'Typed storages, which PyTorch is about to remove, and the tensor types from before dtypes: ' +
      '`x.untypedStorage()` has the memory, `torch.tensor` takes a dtype',
    names: [
      ...['Bool', 'Byte', 'Char', 'Double', 'Float', 'Int', 'Long', 'Short'].flatMap((type) => [
        `torch.${type}Storage`,
        `torch.${type}Tensor`,
      ]),
      'torch.TypedStorage',
      'torch.set_default_tensor_type',
      'torch.Tensor.new',
      'torch.Tensor.storage_type',
      ...[
        ...[
          'bfloat16',
          'bool',
          'byte',
          'char',
          'complex_double',
          'complex_float',
          'double',
          'float',
          'half',
          'int',
        ],
        ...['long', 'short', 'float8_e4m3fn', 'float8_e4m3fnuz', 'float8_e5m2', 'float8_e5m2fnuz', 'type'],
      ].map((name) => `torch.UntypedStorage.${name}`),
    ],
  },
  {
    reason:
      "For hardware that nodetorch's builds do not serve: Habana's and Apple's GPUs, Xeons that Python programs are started on",
    names: [
      ...['hpu', 'is_hpu', 'mps'].map((name) => `torch.UntypedStorage.${name}`),
      ...['get_core_count', 'get_name', 'is_built', 'is_macos13_or_newer', 'is_macos_or_newer'].map(
        (name) => `torch.backends.mps.${name}`,
      ),
      'torch.backends.xeon.*',
    ],
  },
  {
    reason:
      "Of other `torch.backends`: what does something in NVIDIA's and Intel's GPUs and Arm's library alone, where their " +
      "build has it; kernels written in Python; the freezing of all switches for PyTorch's own tests",
    names: [
      ...['benchmark_limit', 'depthwise_kernel'].map((name) => `torch.backends.cudnn.${name}`),
      'torch.backends.cudnn.rnn.*',
      'torch.backends.cusparselt.*',
      ...['allow_tf32', 'is_acl_available'].map((name) => `torch.backends.mkldnn.${name}`),
      'torch.backends.python_native.*',
      'torch.backends.disable_global_flags',
      'torch.backends.flags_frozen',
    ],
  },
  {
    reason: 'A namespace of JavaScript has no attribute to be set: `torch.backends.setFlags`',
    names: ['torch.backends.fp32_precision'],
  },
  {
    reason: 'A size is a plain array of numbers; `torch.serialization.Size` is the class that files hold',
    names: ['torch.Size'],
  },
  {
    reason:
      "Python's own machinery: subclasses of Tensor, `__torch_function__`, `copy`, its processes and packages",
    names: [
      'torch.DisableTorchFunction',
      'torch.DisableTorchFunctionSubclass',
      'torch.Tensor.as_subclass',
      'torch.Tensor.module_load',
      'torch.get_device_module',
      'torch.init_num_threads',
      'torch.overrides.*',
      'torch.package.*',
      'torch.multiprocessing.*',
      'torch.hub.*',
      'torch.types.*',
    ],
  },
  {
    reason: 'numpy has no part in JavaScript: `torch.fromBlob` takes the memory of a typed array',
    names: ['torch.from_numpy'],
  },
  {
    reason: 'DLPack hands pointers from one library of Python to another',
    names: ['torch.from_dlpack', 'torch.utils.dlpack.*'],
  },
  {
    reason: 'Results with several parts are arrays here whose elements have names as well: `x.max(0).values`',
    names: ['torch.return_types.*'],
  },
  {
    reason:
      "TorchScript's compiler reads the source of Python programs; what it has compiled, torch.jit.load() reads",
    names: [
      'torch.JITException',
      'torch.fork',
      'torch.wait',
      'torch.import_ir_module',
      'torch.import_ir_module_from_buffer',
      'torch.merge_type_from_type_comment',
      'torch.parse_ir',
      'torch.parse_schema',
      'torch.parse_type_comment',
      'torch.unify_type_list',
      'torch.jit.annotations.*',
      'torch.jit.frontend.*',
      ...[
        'Attribute',
        'Error',
        'annotate',
        'export',
        'export_opnames',
        'fork',
        'ignore',
        'interface',
        'isinstance',
      ].map((name) => `torch.jit.${name}`),
      ...['script', 'script_if_tracing', 'strict_fusion', 'trace', 'trace_module', 'unused', 'wait'].map(
        (name) => `torch.jit.${name}`,
      ),
      ...['enable_onednn_fusion', 'onednn_fusion_enabled', 'set_fusion_strategy'].map(
        (name) => `torch.jit.${name}`,
      ),
      'torch.utils.bundled_inputs.*',
      'torch.utils.mobile_optimizer.*',
    ],
  },
  {
    reason:
      "torch.compile and the recorders of torch.fx and torch.export read Python's bytecode and trace its programs, and compile " +
      'what they find',
    names: [
      'torch.compile',
      'torch.compiler.*',
      'torch.fx.*',
      'torch.SymBool',
      'torch.SymFloat',
      'torch.SymInt',
      ...['float', 'fresh_size', 'int', 'ite', 'max', 'min', 'not', 'sqrt', 'sum'].map(
        (name) => `torch.sym_${name}`,
      ),
    ],
  },
  {
    reason: 'dtypes that PyTorch itself has as names, with hardly an operator for them',
    names: [
      'torch.bit',
      ...['bits16', 'bits1x8', 'bits2x4', 'bits4x2', 'bits8', 'quint2x4', 'quint4x2'].map(
        (name) => `torch.${name}`,
      ),
      ...[1, 2, 3, 4, 5, 6, 7].flatMap((bits) => [`torch.int${bits}`, `torch.uint${bits}`]),
    ],
  },
  {
    reason: 'Deprecated in PyTorch itself, beside names that are here',
    names: [
      'torch.get_autocast_cpu_dtype',
      'torch.get_autocast_gpu_dtype',
      'torch.get_autocast_ipu_dtype',
      'torch.get_autocast_xla_dtype',
      'torch.is_autocast_cpu_enabled',
      'torch.is_autocast_ipu_enabled',
      'torch.is_autocast_xla_enabled',
      'torch.set_autocast_cpu_dtype',
      'torch.set_autocast_cpu_enabled',
      'torch.set_autocast_gpu_dtype',
      'torch.set_autocast_ipu_dtype',
      'torch.set_autocast_ipu_enabled',
      'torch.set_autocast_xla_dtype',
      'torch.set_autocast_xla_enabled',
      'torch.has_lapack',
      'torch.has_mkl',
      'torch.has_openmp',
      'torch.has_spectral',
      'torch.autograd.NestedIOFunction',
      'torch.autograd.Variable',
      'torch.autograd.variable',
      'torch.Tensor.volatile',
      'torch.cuda.amp.*',
      'torch.cpu.amp.*',
      'torch.utils.data.datapipes.*',
    ],
  },
  {
    reason: 'Removed from PyTorch: there they raise an error that names what to write',
    names: [
      'torch.Tensor.eig',
      'torch.Tensor.lstsq',
      'torch.Tensor.reinforce',
      'torch.Tensor.solve',
      'torch.Tensor.symeig',
    ],
  },
  {
    reason:
      'Autocast is a scope around a function here, `torch.autocast(deviceType, options, body)`, whose parts these are',
    names: [
      'torch.autocast_decrement_nesting',
      'torch.autocast_increment_nesting',
      'torch.set_autocast_cache_enabled',
      'torch.set_autocast_dtype',
      'torch.set_autocast_enabled',
    ],
  },
  {
    reason:
      'Devices that neither libtorch nor this package is built for; `x.to(device)` and `x.device.type` know their names',
    names: [
      'torch.Tensor.ipu',
      'torch.Tensor.is_ipu',
      'torch.Tensor.is_maia',
      'torch.Tensor.is_mtia',
      'torch.Tensor.is_vulkan',
      'torch.Tensor.is_xla',
      'torch.Tensor.mtia',
      'torch.Tensor.xpu',
      'torch.mtia.*',
      'torch.xpu.*',
    ],
  },
  {
    reason: 'Nested tensors, which `torch.nested` makes, are not here',
    names: ['torch.nested.*'],
  },
  {
    reason:
      'A thread of a data loader that shares memory with the program has a generator of its own; here each has its own anyway',
    names: ['torch.thread_safe_generator'],
  },
  {
    reason:
      'A masked tensor is a subclass of Tensor in Python; the functions of torch.masked take a tensor and a mask',
    names: [
      'torch.masked.MaskedTensor',
      'torch.masked.as_masked_tensor',
      'torch.masked.is_masked_tensor',
      'torch.masked.masked_tensor',
      'torch.masked.maskedtensor.*',
    ],
  },
  {
    reason: 'Flash attention by kernels that other Python packages bring, and warnings about them',
    names: [
      'torch.nn.attention.WARN_FOR_UNFUSED_KERNELS',
      ...['activate', 'register', 'restore'].map((verb) => `torch.nn.attention.${verb}_flash_attention_impl`),
      'torch.nn.attention.current_flash_attention_impl',
      'torch.nn.attention.list_flash_attention_impls',
    ],
  },
  {
    reason: 'Quantization of models: PyTorch has deprecated it in favour of torchao',
    names: [
      'torch.ao.*',
      'torch.quantization.*',
      'torch.nn.intrinsic.*',
      'torch.nn.qat.*',
      'torch.nn.quantizable.*',
      'torch.nn.quantized.*',
    ],
  },
  { reason: 'ONNX files are written from programs that torch.export has recorded', names: ['torch.onnx.*'] },
  {
    reason: 'Tools for work on PyTorch itself',
    names: ['torch.utils.hipify.*', 'torch.utils.model_dump.*'],
  },
];
