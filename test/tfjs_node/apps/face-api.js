'use strict';
const faceapi = require('@vladmandic/face-api');
const fs = require('node:fs');
const path = require('node:path');
const { nets } = faceapi;
const folder = path.dirname(require.resolve('@vladmandic/face-api/package.json'));

exports.run = async (tf, backend) => {
  await tf.setBackend(backend);
  const names = [
    'ssdMobilenetv1',
    'faceLandmark68Net',
    'faceExpressionNet',
    'ageGenderNet',
    'faceRecognitionNet',
  ];
  for (const name of names) await nets[name].loadFromDisk(path.join(folder, 'model'));
  const image = tf.node.decodeImage(fs.readFileSync(path.join(folder, 'demo/sample1.jpg')), 3);
  const small = tf.image.resizeBilinear(image.toFloat(), [300, 400]);
  const options = new faceapi.SsdMobilenetv1Options({ minConfidence: 0.2 });
  const found = await faceapi
    .detectAllFaces(small, options)
    .withFaceLandmarks()
    .withFaceExpressions()
    .withAgeAndGender()
    .withFaceDescriptors();
  return found.flatMap((face) => [
    face.detection.score,
    face.age,
    ...Object.values(face.expressions),
    ...face.landmarks.positions.flatMap(({ x, y }) => [x, y]),
    ...face.descriptor,
  ]);
};
