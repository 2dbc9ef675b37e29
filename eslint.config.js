// SPDX-License-Identifier: MIT
// ESLint finds mistakes; spacing is Prettier's. Svelte files are checked by svelte-check.
import js from '@eslint/js'
import globals from 'globals'
import ts from 'typescript-eslint'

export default ts.config(
  { ignores: ['build/', 'dist/', 'data/', '.toolchain/', 'docs/api/', '**/*.svelte'] },
  js.configs.recommended,
  ts.configs.strict,
  {
    languageOptions: { globals: { ...globals.node, ...globals.browser, ...globals.worker } },
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_' },
      ],
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  { files: ['**/*.{cjs,cts}'], rules: { '@typescript-eslint/no-require-imports': 'off' } },
  { files: ['js/src/**/*.ts'], rules: { 'no-console': 'error' } },
  // A part of the glue that Emscripten writes.
  { files: ['src/bindings/embind.js'], rules: { 'no-undef': 'off' } },
)
