import { version as packageVersion } from '../../package.json';

/** Version of this library. */
export const version: string = packageVersion;
