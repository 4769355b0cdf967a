export { compileJsonQuery, type JsonQuery } from '../jsonpath/index.ts';
