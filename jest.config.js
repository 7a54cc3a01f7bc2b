export default {
  testEnvironment: '<rootDir>/test/environment.mjs',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'es6' }, sourceMaps: 'inline' }],
  },
  modulePathIgnorePatterns: ['<rootDir>/dist'],
  testTimeout: 60_000,
  // A test starts processes of its own: the other half of the machine is theirs.
  maxWorkers: '50%',
  // What Node keeps of the modules of earlier files makes a process that runs them all several times slower: a new one takes over.
  workerIdleMemoryLimit: '300MB',
};
