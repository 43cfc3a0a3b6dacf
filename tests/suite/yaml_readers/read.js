// Reads a JSON list of YAML texts from standard input; prints what js-yaml and yaml make of each.
const fs = require('fs');
const jsYaml = require('js-yaml');
const yaml = require('yaml');

function told(value) {
  if (value === null || value === undefined) return ['null'];
  if (typeof value === 'boolean') return ['bool', value];
  if (typeof value === 'bigint') return ['number', String(value)];
  if (typeof value === 'number') {
    if (Number.isInteger(value)) return ['number', String(BigInt(value))];
    return ['number', String(value).toLowerCase().replace('infinity', 'inf')];
  }
  if (typeof value === 'string') return ['string', value];
  if (value instanceof Date) return ['date'];
  if (Array.isArray(value)) return ['list', value.map(told)];
  if (value instanceof Map) return ['map', [...value].map(([key, item]) => [told(key), told(item)])];
  if (typeof value === 'object') {
    return ['map', Object.entries(value).map(([key, item]) => [told(key), told(item)])];
  }
  return ['other', typeof value];
}

function read(reader, text) {
  try {
    return told(reader(text));
  } catch (error) {
    return ['error', String(error.message).split(/\s+/).join(' ').slice(0, 120)];
  }
}

const quiet = { logLevel: 'error' };
const texts = JSON.parse(fs.readFileSync(0, 'utf8'));
process.stdout.write(JSON.stringify({
  'js-yaml': texts.map((text) => read((text) => jsYaml.load(text), text)),
  'yaml': texts.map((text) => read((text) => yaml.parse(text, quiet), text)),
  'yaml 1.1': texts.map((text) => read((text) => yaml.parse(text, { ...quiet, version: '1.1' }), text)),
}));
