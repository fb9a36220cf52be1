import { createRequire } from 'node:module';
import type { z } from 'zod';
import { defined } from '../../common/defined.ts';
import { durationMs } from '../../common/duration.ts';
import { allowedBy, type ValueOf, within } from '../../protocol/read-settings.ts';
import { type Part, SETTINGS, type Setting, type Side } from '../../protocol/settings.ts';

type Table = typeof SETTINGS;

/** The name of a setting that can be given to the lab; what its parts keep to themselves is none. */
export type SettingName = { [N in keyof Table]: Table[N] extends { side: Side } ? N : never }[keyof Table];

/** What is known about a setting besides its type. */
export interface About {
  side: Side;
  about: string;
  /** What is allowed, as it stands in an error line. */
  allowed: string;
  /** Full kernel name of a sysctl. */
  sysctl?: string;
}

/** A time stays as it was written. */
type Value<Entry> = Entry extends { kind: 'duration' } ? string : ValueOf<Entry>;

type Shape = {
  [N in SettingName]: Table[N] extends { default: unknown }
    ? z.ZodDefault<z.ZodType<Value<Table[N]>>>
    : z.ZodOptional<z.ZodType<Value<Table[N]>>>;
};

const TABLE: Record<SettingName, Setting> = SETTINGS;

/** All names, in the order in which they are listed. */
export const SETTING_NAMES = (Object.keys(SETTINGS) as SettingName[]).filter(
  (name) => TABLE[name].side !== undefined,
);

type Zod = typeof z;

/** How the kinds of setting that the lab has are read. */
const typesOf = (z: Zod): { [K in Setting['kind']]?: (setting: Setting & { kind: K }) => z.ZodType } => ({
  whole: ({ min, max }) => z.coerce.number().int().min(min).max(max),
  choice: ({ values }) => z.enum(values),
  duration: ({ max }) =>
    z
      .string()
      .trim()
      .refine((text) => within(durationMs(text), { min: 0, max }) !== undefined),
  cpus: () =>
    z
      .string()
      .trim()
      .regex(/^\d{1,4}(\.\d{1,3})?$/)
      .transform(Number)
      .refine((cpus) => cpus === 0 || cpus >= 0.01),
  ports: () =>
    z
      .string()
      .trim()
      .regex(/^\d{1,5}[\s-]+\d{1,5}$/)
      .transform((text) => text.split(/[\s-]+/).map(Number) as [number, number])
      .refine(([first, last]) => first >= 1024 && last <= 65_535 && first <= last),
});

function makeSchema(z: Zod): z.ZodObject<Shape> {
  const types = typesOf(z);
  const typeOf = (setting: Setting) => {
    const type = (types[setting.kind] as (setting: Setting) => z.ZodType)(setting);
    return setting.default === undefined ? type.optional() : type.default(setting.default);
  };
  return z.object(Object.fromEntries(SETTING_NAMES.map((name) => [name, typeOf(TABLE[name])])) as Shape);
}

const require = createRequire(import.meta.url);
let made: z.ZodObject<Shape> | undefined;

/** Where nothing is read nothing of zod is loaded: it takes longer than all the rest of `list`. */
function schema(): z.ZodObject<Shape> {
  made ??= makeSchema((require('zod') as { z: Zod }).z);
  return made;
}

/** Every setting of the lab. Those without a default are left as the kernel has them. */
export const settingsSchema: Pick<z.ZodObject<Shape>, 'parse' | 'safeParse' | 'shape'> = {
  parse: (...given) => schema().parse(...given),
  safeParse: (...given) => schema().safeParse(...given),
  get shape() {
    return schema().shape;
  },
};

/** Settings as asked for, all checked. */
export type Settings = z.infer<z.ZodObject<Shape>>;

/** What holds where nobody says otherwise: what the schema makes of nothing. */
export const DEFAULTS: Readonly<Settings> = defined(
  Object.fromEntries(SETTING_NAMES.map((name) => [name, TABLE[name].default])) as unknown as Settings,
);

/** Some settings, as they are given. */
export type Overrides = Partial<Record<SettingName, string | number>>;

/** Side, description and allowed values of a setting. */
export function aboutSetting(name: SettingName): About {
  const setting = TABLE[name];
  const { side, sysctl, about } = setting as Setting & { side: Side };
  const allowed =
    setting.kind === 'choice' ? setting.values.join(', ').replace(/, (\w+)$/, ' or $1') : allowedBy(setting);
  return { side, ...(sysctl && { sysctl }), about, allowed };
}

/** The names of one side. */
export function settingsOf(side: Side): SettingName[] {
  return SETTING_NAMES.filter((name) => TABLE[name].side === side);
}

/** Those that make a failure on purpose. */
export const FAULTS = SETTING_NAMES.filter((name) => TABLE[name].fault);

/** Sysctls that act where a connection begins: they belong to the robots' network namespace. */
export const CLIENT_SYSCTLS = SETTING_NAMES.filter((name) => TABLE[name].namespace === 'robots');

/** The settings that a part takes, as its environment. */
export function environmentOf(part: Part, settings: Settings): Record<string, string> {
  const names = SETTING_NAMES.filter((name) => TABLE[name].parts?.includes(part));
  return Object.fromEntries(names.map((name) => [name.toUpperCase(), String(settings[name])]));
}
