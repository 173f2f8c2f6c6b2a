"use strict";
// The same numbers as avloc.evaluation: maps resized, scaled, compared with a threshold and with masks.
// Every step is rounded to single precision, as there.
const Overlap = (() => {
  const single = Math.fround;

  /** Return, for each pixel of a side, the cells before and after it and the share of the latter. */
  function along(cells, pixels) {
    const before = new Int32Array(pixels);
    const after = new Int32Array(pixels);
    const share = new Float32Array(pixels);
    for (let pixel = 0; pixel < pixels; pixel++) {
      const place = single((pixel + 0.5) * (cells / pixels) - 0.5);
      const cell = Math.floor(place);
      const inside = cell >= 0 && cell < cells - 1;
      before[pixel] = Math.min(Math.max(cell, 0), cells - 1);
      after[pixel] = Math.min(before[pixel] + 1, cells - 1);
      share[pixel] = inside ? place - cell : 0;
    }
    return { before, after, share };
  }

  /** Return a map of height x width cells at the size of the picture. */
  function resize(values, height, width, toHeight, toWidth) {
    if (height === toHeight && width === toWidth) return values;
    const x = along(width, toWidth);
    const y = along(height, toHeight);
    const lines = new Float32Array(height * toWidth);
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < toWidth; column++) {
        const left = values[row * width + x.before[column]];
        const right = values[row * width + x.after[column]];
        const share = x.share[column];
        lines[row * toWidth + column] = single(left * single(1 - share)) + single(right * share);
      }
    }
    const result = new Float32Array(toHeight * toWidth);
    for (let row = 0; row < toHeight; row++) {
      const share = y.share[row];
      const rest = single(1 - share);
      const above = y.before[row] * toWidth;
      const below = y.after[row] * toWidth;
      for (let column = 0; column < toWidth; column++) {
        const first = single(lines[above + column] * rest);
        result[row * toWidth + column] = first + single(lines[below + column] * share);
      }
    }
    return result;
  }

  /** Return a map scaled to [0, 1] by its own range; a constant map becomes all ones. */
  function scaled(values) {
    let low = Infinity;
    let high = -Infinity;
    for (const value of values) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
    const span = single(high - low);
    if (span === 0) return new Float32Array(values.length).fill(1);
    return values.map((value) => single(value - low) / span);
  }

  /** Return the mean of maps: what a solo scene is scored by. */
  function mean(maps) {
    if (maps.length === 1) return maps[0];
    return maps[0].map((first, n) => {
      let sum = first;
      for (let map = 1; map < maps.length; map++) sum = single(sum + maps[map][n]);
      return sum / maps.length;
    });
  }

  /** Return one mask of all sources. */
  function union(masks) {
    return masks[0].map((_, n) => Number(masks.some((mask) => mask[n])));
  }

  /** Return the IoU of every map with every mask: result[map][mask]. */
  function matrix(maps, masks, threshold) {
    const level = single(threshold);
    return maps.map((map) =>
      masks.map((mask) => {
        let both = 0;
        let either = 0;
        for (let n = 0; n < mask.length; n++) {
          const found = map[n] > level;
          if (found && mask[n]) both++;
          if (found || mask[n]) either++;
        }
        return both / Math.max(either, 1);
      })
    );
  }

  /** Return the highest sum in which each source from `source` on has a map of its own. */
  function best(scores, source, free) {
    if (source === scores[0].length) return 0;
    let most = -Infinity;
    for (const map of free) {
      const others = free.filter((other) => other !== map);
      most = Math.max(most, scores[map][source] + best(scores, source + 1, others));
    }
    return most;
  }

  /** Return the mean over sources: one map serves all, maps are in order, or the best pairing counts. */
  function ofSources(scores, inOrder) {
    const sources = scores[0].length;
    if (scores.length === 1) return scores[0].reduce((sum, value) => sum + value, 0) / sources;
    if (inOrder) return scores.reduce((sum, own, n) => sum + own[n], 0) / sources;
    return best(scores, 0, [...scores.keys()]) / sources;
  }

  return { resize, scaled, mean, union, matrix, ofSources };
})();
