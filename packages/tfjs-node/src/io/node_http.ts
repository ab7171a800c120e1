import { io } from '@tensorflow/tfjs';

/** A handler that loads a model by HTTP. */
export function nodeHTTPRequest(
  path: string,
  requestInit?: RequestInit,
  weightPathPrefix?: string,
): io.IOHandler {
  return io.browserHTTPRequest(path, { requestInit, weightPathPrefix });
}

/** The handler for addresses of HTTP; null for others. */
export function nodeHTTPRequestRouter(url: string | string[]): io.IOHandler | null {
  const isHttp = [url].flat().every((each) => io.isHTTPScheme(each));
  return isHttp ? nodeHTTPRequest(url as string) : null;
}
