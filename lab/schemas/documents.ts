import type { z } from 'zod';
import { climbDocument } from './climb-json.ts';
import { comparisonDocument } from './comparison-json.ts';
import { connectionLine } from './connections-ndjson.ts';
import { rawLine } from './darwin-ndjson.ts';
import { diagnosisDocument } from './diagnosis-json.ts';
import { examDocument } from './exam-json.ts';
import { type JsonSchema, jsonSchemaOf } from './json-schema.ts';
import { manifest } from './manifest-json.ts';
import { ofGateway } from './of-gateway.ts';
import { samplesLine } from './samples-ndjson.ts';
import { strangersDocument } from './strangers-json.ts';
import { sweepDocument } from './sweep-json.ts';
import { thresholdsDocument } from './thresholds-json.ts';
import { tracedResetLine } from './trace-ndjson.ts';
import { troubleshootDocument } from './troubleshoot-json.ts';
import { userLine } from './users-ndjson.ts';
import { verdictDocument } from './verdict-json.ts';

/** Schema version of all documents: fields are added in it, and none is renamed, dropped or given another meaning. */
const VERSION = 1;

/** A document that people parse. */
interface PublishedDocument {
  /** What it is, as the title of its schema. */
  title: string;
  schema: z.ZodType;
  /** A line of evidence, which may be of one gateway of several. */
  line?: true;
}

/** All of them by the name of their schema. */
export const DOCUMENTS = {
  verdict: {
    title: 'verdict.json of a run, and what `run --json` prints',
    schema: verdictDocument,
  },
  diagnose: {
    title: 'verdict.json of a diagnosis, and what `diagnose --json` prints',
    schema: diagnosisDocument,
  },
  manifest: { title: 'manifest.json', schema: manifest },
  users: { title: 'a line of users.ndjson', schema: userLine, line: true },
  connections: { title: 'a line of connections.ndjson', schema: connectionLine, line: true },
  samples: { title: 'a line of samples.ndjson', schema: samplesLine, line: true },
  trace: { title: 'a line of trace.ndjson', schema: tracedResetLine, line: true },
  darwin: { title: 'a line of darwin.ndjson', schema: rawLine, line: true },
  threshold: {
    title: 'threshold.json, and what `threshold --json` prints',
    schema: thresholdsDocument,
  },
  climb: { title: 'climb.json, and what `climb --json` prints', schema: climbDocument },
  sweep: { title: 'sweep.json, and what `sweep --json` prints', schema: sweepDocument },
  compare: { title: 'compare.json, and what `compare --json` prints', schema: comparisonDocument },
  exam: { title: 'what `exam --json` prints', schema: examDocument },
  'exam-strangers': { title: 'what `exam --strangers --json` prints', schema: strangersDocument },
  troubleshoot: { title: 'what `troubleshoot --json` prints', schema: troubleshootDocument },
} as const satisfies Record<string, PublishedDocument>;

export type DocumentName = keyof typeof DOCUMENTS;

export const DOCUMENT_NAMES = Object.keys(DOCUMENTS) as DocumentName[];

/** The JSON Schema of a document, as it is published. */
export function publishedSchema(name: DocumentName): JsonSchema {
  const { title, schema, line }: PublishedDocument = DOCUMENTS[name];
  const made = jsonSchemaOf(schema);
  const { $schema, description, ...rest } = line ? ofGateway(made) : made;
  return {
    $schema,
    $id: `urn:resetlab:schema:${VERSION}:${name}`,
    title: `resetlab, schema version ${VERSION}: ${title}`,
    ...(description === undefined ? {} : { description }),
    ...rest,
  };
}
