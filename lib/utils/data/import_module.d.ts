/** The exports of the module at a URL. */
export declare function importModule(url: string): Promise<Record<string, unknown>>;
