/** Functions for `page.evaluate`. */
export const inPage: {
  /** For every series of every chart: how many pixels of its canvas have (nearly) its colour. */
  seriesDrawn(): { chart: string; series: string; pixels: number }[];
  /** The contrast of every colour that text or a line has, against both grounds: WCAG 2's ratio. */
  contrasts(): Record<string, number>;
  /** How wide the page is with all that stands out of it, CSS pixels. */
  width(): number;
  /** The colour behind everything. */
  ground(): string;
  /** Until what was changed has been drawn. */
  twoFrames(): Promise<unknown>;
};
