export * from '../typings/aten';
