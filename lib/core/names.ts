// PyTorch's names in JavaScript's spelling, and back.

/** PyTorch's name in camelCase: `max_pool2d` is `maxPool2d`; underscores at the ends stay. */
export function camelCase(name: string): string {
  return name.replace(/(?<=[^_])_([^_])/g, (_, letter: string) => letter.toUpperCase());
}

/** `weightDecay` -> `weight_decay`. */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
