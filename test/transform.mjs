import { stripTypeScriptTypes } from 'node:module';

/** Jest runs what Node runs: types are stripped by Node itself, positions stay as they are. */
export default {
  process: (source, filename) => ({ code: /\.m?ts$/.test(filename) ? stripTypeScriptTypes(source) : source }),
};
