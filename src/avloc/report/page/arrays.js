"use strict";
// What packing.py packed: maps in half precision, and masks of eight pixels to a byte.
const Arrays = (() => {
  function bytes(text) {
    return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  }

  function half(bits) {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    if (exponent === 0) return sign * fraction * 2 ** -24;
    return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  }

  /** Return maps as {height, width, values: one Float32Array a map}. */
  function maps(entry) {
    const [count, height, width] = entry.shape;
    const view = new DataView(bytes(entry.data).buffer);
    const values = [];
    for (let map = 0; map < count; map++) {
      const own = new Float32Array(height * width);
      for (let n = 0; n < own.length; n++) {
        own[n] = half(view.getUint16(2 * (map * own.length + n), true));
      }
      values.push(own);
    }
    return { height, width, values };
  }

  /** Return masks, one Uint8Array of zeros and ones each. */
  function masks(text, height, width) {
    const packed = bytes(text);
    const stride = Math.ceil(width / 8);
    const found = [];
    for (let first = 0; first < packed.length; first += stride * height) {
      const mask = new Uint8Array(height * width);
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          mask[y * width + x] = (packed[first + y * stride + (x >> 3)] >> (7 - (x & 7))) & 1;
        }
      }
      found.push(mask);
    }
    return found;
  }

  return { bytes, maps, masks };
})();
