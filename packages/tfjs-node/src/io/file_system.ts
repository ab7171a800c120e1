export { NodeFileSystem, fileSystem, nodeFileSystemRouter } from 'nodetorch/tfjs';
