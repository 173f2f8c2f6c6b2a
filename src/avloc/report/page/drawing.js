"use strict";
// Pictures with maps over them, and outlines of what is found and of the sources.
const Drawing = (() => {
  const EXPONENT = 1.8; // keeps the background of a map clear
  const STEPS = 1000;
  const STRENGTH = Float32Array.from({ length: STEPS + 1 }, (_, n) => (n / STEPS) ** EXPONENT);
  const STRIPE_PX = 4;
  const LINES = 150; // lines of the width of an outline in the height of a picture

  function channels(colour) {
    return [1, 3, 5].map((place) => parseInt(colour.slice(place, place + 2), 16));
  }

  const FADE = 0.35; // of a grey picture, towards white

  /** Return a picture in light grey, on which the colours of maps stand out. */
  function grey(image, height, width) {
    const layer = document.createElement("canvas");
    layer.width = width;
    layer.height = height;
    const context = layer.getContext("2d");
    context.drawImage(image, 0, 0, width, height);
    const pixels = context.getImageData(0, 0, width, height);
    for (let n = 0; n < pixels.data.length; n += 4) {
      const mean = (pixels.data[n] + pixels.data[n + 1] + pixels.data[n + 2]) / 3;
      pixels.data.fill(mean + (255 - mean) * FADE, n, n + 3);
    }
    context.putImageData(pixels, 0, 0);
    return layer;
  }

  /** Make the canvas at least so many pixels high and draw the picture; return what draws on it. */
  function picture(canvas, image, height, width, least) {
    const scale = Math.max(1, Math.ceil(least / height));
    canvas.width = width * scale;
    canvas.height = height * scale;
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    return { context, scale, height, width };
  }

  /** Return the map that is highest at a pixel, and how opaque it is. */
  function strongest(maps, n) {
    let map = 0;
    for (let other = 1; other < maps.length; other++) {
      if (maps[other][n] > maps[map][n]) map = other;
    }
    return [map, STRENGTH[Math.round(STEPS * maps[map][n])]];
  }

  /** Return a map that finds a pixel, in turn if several do, or -1. */
  function found(maps, n, threshold, stripe) {
    const finding = [...maps.keys()].filter((map) => maps[map][n] > threshold);
    return finding.length ? [finding[stripe % finding.length], 1] : [-1, 0];
  }

  /**
   * Lay maps in [0, 1] over the picture, each in its colour. A pixel has the colour of the strongest
   * map; with a threshold, pixels that several maps find are striped. So no two colours mix.
   */
  function tint(drawn, maps, colours, opacity, threshold) {
    const layer = document.createElement("canvas");
    layer.width = drawn.width;
    layer.height = drawn.height;
    const context = layer.getContext("2d");
    const pixels = context.createImageData(drawn.width, drawn.height);
    const paints = colours.map(channels);
    for (let n = 0; n < drawn.width * drawn.height; n++) {
      const stripe = Math.floor(((n % drawn.width) + Math.floor(n / drawn.width)) / STRIPE_PX);
      const [map, weight] = threshold === null ? strongest(maps, n) : found(maps, n, threshold, stripe);
      if (map < 0) continue;
      pixels.data.set(paints[map], 4 * n);
      pixels.data[4 * n + 3] = 255 * opacity * weight;
    }
    context.putImageData(pixels, 0, 0);
    drawn.context.drawImage(layer, 0, 0, drawn.width * drawn.scale, drawn.height * drawn.scale);
  }

  /** Draw a line between pixels that are in and those that are not. */
  function outline(drawn, inside, colour, thin) {
    const { context, scale, height, width } = drawn;
    const path = new Path2D();
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const n = y * width + x;
        if (x + 1 < width && inside(n) !== inside(n + 1)) {
          path.moveTo((x + 1) * scale, y * scale);
          path.lineTo((x + 1) * scale, (y + 1) * scale);
        }
        if (y + 1 < height && inside(n) !== inside(n + width)) {
          path.moveTo(x * scale, (y + 1) * scale);
          path.lineTo((x + 1) * scale, (y + 1) * scale);
        }
      }
    }
    context.lineCap = "square";
    const line = ((height * scale) / LINES) * (thin ? 0.5 : 1);
    for (const [stroke, lines] of [["#ffffff", 2], [colour, 1]]) {
      context.strokeStyle = stroke;
      context.lineWidth = lines * line;
      context.stroke(path);
    }
  }

  return { grey, picture, tint, outline };
})();
