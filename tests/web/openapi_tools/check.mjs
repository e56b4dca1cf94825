// Holds an OpenAPI document against two validators and a generator of clients, and prints what each of them says.
//
// usage: node check.mjs NODE_MODULES DOCUMENT.json [USE.ts]
//
// USE.ts is TypeScript that has to compile with `paths` and `components` of the generated types.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const [modules, file, use] = process.argv.slice(2);
const require = createRequire(path.join(modules, 'x.js'));
let failed = false;

function report(tool, problems) {
  console.log(`${tool}: ${problems.length === 0 ? 'valid' : problems.join('\n  ')}`);
  failed ||= problems.length > 0;
}

async function swaggerParser() {
  const parser = require('@apidevtools/swagger-parser');
  await parser.validate(JSON.parse(fs.readFileSync(file, 'utf8')));
  return [];
}

async function redocly() {
  const { createConfig, lintFromString } = require('@redocly/openapi-core');
  // All that it recommends, warnings too, but for what a program may well do.
  const rules = { 'security-defined': 'off', 'no-path-trailing-slash': 'off', 'operation-4xx-response': 'off',
                  'info-license': 'off', 'no-empty-servers': 'off', 'no-server-example.com': 'off' };
  const config = await createConfig({ extends: ['recommended'], rules });
  const found = await lintFromString({ source: fs.readFileSync(file, 'utf8'), absoluteRef: path.resolve(file), config });
  return found.map(one => `${one.severity} ${one.ruleId} at ${one.location[0]?.pointer}: ${one.message}`);
}

async function generator() {
  const { default: generate, astToString } = require('openapi-typescript');
  const ts = require('typescript');
  const types = astToString(await generate(JSON.parse(fs.readFileSync(file, 'utf8'))));
  const made = { '/types.ts': types, '/use.ts': use ? fs.readFileSync(use, 'utf8') : 'import "./types";' };
  const options = { strict: true, noEmit: true, skipLibCheck: false, types: [], target: ts.ScriptTarget.ES2022,
                    module: ts.ModuleKind.CommonJS, moduleResolution: ts.ModuleResolutionKind.Node10 };
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = name => name in made || fileExists(name);
  host.readFile = name => made[name] ?? readFile(name);
  host.getSourceFile = (name, version) =>
    name in made ? ts.createSourceFile(name, made[name], version) : getSourceFile(name, version);
  const problems = ts.getPreEmitDiagnostics(ts.createProgram(['/use.ts'], options, host));
  return problems.map(one => `${one.file?.fileName}: ${ts.flattenDiagnosticMessageText(one.messageText, '\n')}`);
}

const said = problem => [problem.message];
report('swagger-parser', await swaggerParser().catch(said));
report('redocly', await redocly().catch(said));
report('openapi-typescript', await generator().catch(said));
process.exitCode = failed ? 1 : 0;
