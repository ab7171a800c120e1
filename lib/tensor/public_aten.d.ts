export * from '../../typings/aten';
