import type { z } from 'zod';

/** What of a type goes through JSON: a field that may be undefined is there or not. */
type Json<T> = T extends object ? { -readonly [K in keyof T]: Json<Exclude<T[K], undefined>> } : T;

/** True for one and the same type: also a field that only one of them has, be it optional, makes it false. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** A field alone, as optional as it is; of a type that does not have it nothing. */
type Alone<T, K> = { [F in keyof T as F extends K ? F : never]: T[F] };

/** The fields in which two types differ. */
type Differing<A, B> = {
  [K in keyof A | keyof B]: Same<Alone<A, K>, Alone<B, K>> extends true ? never : K;
}[keyof A | keyof B];

/** Nothing more is asked of a schema that says the same as the type; else what no schema has, under a name that tells why. */
type Saying<T, Said> = Same<T, Said> extends true ? unknown : { differsFromItsTypeIn: Differing<T, Said> };

/**
 * Gives a schema back that tells of exactly the fields of the type, with their types. One that does not, does not compile: whoever changes
 * the type changes the schema.
 */
export function schemaOf<T>() {
  return <S extends z.ZodType>(schema: S & Saying<Json<T>, Json<z.infer<S>>>): S => schema;
}
