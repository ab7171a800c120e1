export { fileSystem } from './file_system';
export { nodeHTTPRequest } from './node_http';
