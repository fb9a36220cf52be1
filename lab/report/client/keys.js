/**
 * Moves the cursor of a chart along its points with the arrow keys, Home and End, and takes it away with Escape.
 * @param {HTMLElement} box
 * @param {() => uPlot | undefined} current
 */
export function withKeys(box, current) {
  /**
   * Here, and in the charts of the group.
   * @param {uPlot} plot
   * @param {{ left: number, top: number }} place CSS pixels
   */
  const move = (plot, place) => {
    plot.setCursor(place);
    const { sync } = plot.cursor;
    const { width, height } = plot.over.getBoundingClientRect();
    if (sync)
      uPlot
        .sync(sync.key)
        .pub('mousemove', plot, place.left, place.top, width, height, plot.cursor.idx ?? -1);
  };
  box.addEventListener('keydown', (event) => {
    const plot = current();
    if (plot === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    const [xs] = plot.data;
    const last = xs.length - 1;
    const here = plot.cursor.idx ?? -1;
    const step = event.shiftKey ? Math.max(1, Math.round(last / 20)) : 1;
    /** @type {Record<string, number>} */
    const targets = { ArrowLeft: here - step, ArrowRight: here + step, Home: 0, End: last };
    const target = targets[event.key];
    if (event.key === 'Escape') move(plot, { left: -10, top: -10 });
    else if (target === undefined) return;
    else {
      const index = Math.max(0, Math.min(last, target));
      move(plot, { left: plot.valToPos(xs[index] ?? 0, 'x'), top: 10 });
    }
    event.preventDefault();
  });
}
