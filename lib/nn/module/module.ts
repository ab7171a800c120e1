// The base of all modules.
export { Module } from './base';
