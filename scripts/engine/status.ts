import {
  BASE_IMAGE,
  baseOrigin,
  type ImageState,
  imageNow,
} from '../../lab/runtimes/docker/stand-in/base-image.ts';
import { askEngine, pluginVersion } from './docker.ts';
import { ourEngine } from './ours.ts';

/** What `npm run engine -- status --json` prints. */
export interface Status {
  engine: { version: string; os: string; arch: string } | null;
  /** Why there is no engine; only then. */
  reason?: string;
  /** The pid of dockerd when it was started by `npm run engine` or `npm test`. */
  startedByUs: { pid: number } | null;
  compose: string | null;
  buildx: string | null;
  /** What a build starts from here; without any, what it would pull. */
  baseImage: { name: string; state: ImageState };
}

/** Looks at everything at once and changes nothing. */
export async function status(): Promise<Status> {
  const [answer, compose, buildx, image] = await Promise.all([
    askEngine(),
    pluginVersion('compose'),
    pluginVersion('buildx'),
    imageNow(baseOrigin()),
  ]);
  const ours = ourEngine();
  return {
    engine: 'reason' in answer ? null : answer,
    ...('reason' in answer && { reason: answer.reason }),
    startedByUs: ours ? { pid: ours.pid } : null,
    compose: compose ?? null,
    buildx: buildx ?? null,
    baseImage: { name: image?.image ?? BASE_IMAGE, state: image?.state ?? 'missing' },
  };
}

const IMAGE_WORDS: Record<ImageState, string> = {
  missing: 'missing',
  present: 'present',
  'stand-in': 'present, a stand-in made here by docker/base-image.sh',
};

/** The same for people. */
export function describe(now: Status): string {
  const ours = now.startedByUs ? `, started by resetlab (pid ${now.startedByUs.pid})` : '';
  const engine = now.engine && `${now.engine.version} ${now.engine.os}/${now.engine.arch}${ours}`;
  return [
    `engine      ${engine ?? `none: ${now.reason}`}`,
    `compose     ${now.compose ?? 'none'}`,
    `buildx      ${now.buildx ?? 'none'}`,
    `base image  ${now.baseImage.name} ${IMAGE_WORDS[now.baseImage.state]}`,
  ].join('\n');
}
