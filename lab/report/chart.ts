/**
 * A chart as data: made in the lab, embedded in the page as JSON, drawn by client/. Only types stand here, so that the
 * browser's side can be checked against them.
 */

/** Measured, or computed from a law: never drawn alike. */
export type Origin = 'measured' | 'predicted';

/** What a line is about; decides its colour, in light and in dark. */
export type Tone = 'open' | 'failed' | 'asked' | 'gateway' | 'kernel' | 'robots' | 'law';

export interface Series {
  name: string;
  tone: Tone;
  origin: Origin;
  /** `step`: holds until the next point; `dots`: a line with its points. */
  draw: 'line' | 'step' | 'dots' | 'bars';
  /** For what stands beside the matter itself. */
  thin?: boolean;
  /** One for each x; null: not known there. */
  values: (number | null)[];
}

export type Scale = 'linear' | 'log' | 'asinh';

export interface Chart {
  /** Of the element that it is drawn into. */
  id: string;
  x: {
    label: string;
    unit: string;
    scale: Scale;
    values: number[];
    range: [number, number];
    /** Where the points are no numbers: their names, x being 0, 1, 2, … */
    names: string[] | null;
  };
  y: { unit: string; scale: Scale; range: [number, number] };
  series: Series[];
  /** The ground between two of the series, by their numbers, is filled: what is told lies between them. */
  bands?: [number, number][];
  /** Horizontal lines. */
  limits: Mark[];
  /** Vertical lines. */
  marks: Mark[];
  /** Charts of one group share their cursor and their zoom. */
  group: string | null;
  /** CSS pixels. */
  height: number;
}

export interface Mark {
  at: number;
  says: string;
  origin: Origin;
}
