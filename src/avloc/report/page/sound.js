"use strict";
// Plays the sounds of a scene, one at a time.
const Sound = (() => {
  const MU = 255;
  let context = null;
  let playing = null;

  /** Return the samples in [-1, 1] of a sound that packing.py packed. */
  function samples(text) {
    return Float32Array.from(Arrays.bytes(text), (byte) => {
      const value = (byte / MU) * 2 - 1;
      return (Math.sign(value) * ((1 + MU) ** Math.abs(value) - 1)) / MU;
    });
  }

  /** Return the mean of sounds. */
  function mixture(sounds) {
    return sounds[0].map((_, n) => sounds.reduce((sum, own) => sum + own[n], 0) / sounds.length);
  }

  function stop() {
    if (!playing) return;
    playing.node.onended = null;
    playing.node.stop();
    playing.ended();
    playing = null;
  }

  /** Play samples, and call `ended` when they end or something else is played. */
  function play(wave, rate, ended) {
    stop();
    context = context || new AudioContext();
    context.resume();
    const buffer = context.createBuffer(1, wave.length, rate);
    buffer.copyToChannel(wave, 0);
    const node = context.createBufferSource();
    node.buffer = buffer;
    node.connect(context.destination);
    node.onended = () => {
      playing = null;
      ended();
    };
    node.start();
    playing = { node, ended };
  }

  return { samples, mixture, play, stop };
})();
