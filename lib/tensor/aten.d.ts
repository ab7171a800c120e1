export * from '../../typings/aten';
export * from '../../typings/private';
