"use strict";
// Pictures with maps over them, and outlines of what is found and of the sources.
const Drawing = (() => {
  const EXPONENT = 1.8; // keeps the background of a map clear
  const STEPS = 1000;
  const STRENGTH = Float32Array.from({ length: STEPS + 1 }, (_, n) => (n / STEPS) ** EXPONENT);
  const LEAST_PX = 400; // across a canvas, so that outlines are crisp

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

  /** Make the canvas fit the picture and draw it; return what else is needed to draw. */
  function picture(canvas, image, height, width) {
    const scale = Math.max(1, Math.ceil(LEAST_PX / width));
    canvas.width = width * scale;
    canvas.height = height * scale;
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    return { context, scale, height, width };
  }

  /** Lay maps in [0, 1] over the picture, each in its colour. */
  function tint(drawn, maps, colours, opacity, threshold) {
    const layer = document.createElement("canvas");
    layer.width = drawn.width;
    layer.height = drawn.height;
    const context = layer.getContext("2d");
    const pixels = context.createImageData(drawn.width, drawn.height);
    const paints = colours.map(channels);
    for (let n = 0; n < drawn.width * drawn.height; n++) {
      let clear = 1;
      let sum = 0;
      const mixed = [0, 0, 0];
      for (let map = 0; map < maps.length; map++) {
        const value = maps[map][n];
        if (threshold !== null && !(value > threshold)) continue;
        const weight = opacity * (threshold === null ? STRENGTH[Math.round(STEPS * value)] : 1);
        clear *= 1 - weight;
        sum += weight;
        for (let c = 0; c < 3; c++) mixed[c] += weight * paints[map][c];
      }
      for (let c = 0; c < 3; c++) pixels.data[4 * n + c] = sum ? mixed[c] / sum : 0;
      pixels.data[4 * n + 3] = 255 * (1 - clear);
    }
    context.putImageData(pixels, 0, 0);
    drawn.context.drawImage(layer, 0, 0, drawn.width * drawn.scale, drawn.height * drawn.scale);
  }

  /** Draw a line between pixels that are in and those that are not. */
  function outline(drawn, inside, colour, dashes) {
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
    for (const [stroke, line] of [["#ffffff", 4], [colour, 2]]) {
      context.strokeStyle = stroke;
      context.lineWidth = dashes ? line / 2 : line;
      context.stroke(path);
    }
  }

  return { grey, picture, tint, outline };
})();
