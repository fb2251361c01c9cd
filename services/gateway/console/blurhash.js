// BlurHash: a few cosines of an image in some twenty characters.
// The format: https://github.com/woltapp/blurhash/blob/master/Algorithm.md

const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~";

const number = (text) => [...text].reduce((sum, digit) => sum * 83 + DIGITS.indexOf(digit), 0);
const linear = (byte) => (byte <= 10.31475 ? byte / 3294.6 : ((byte / 255 + 0.055) / 1.055) ** 2.4);
const encoded = (value) => {
  const v = Math.min(1, Math.max(0, value));
  return 255 * (v <= 0.0031308 ? v * 12.92 : 1.055 * v ** (1 / 2.4) - 0.055);
};

/** Paints the hash over a whole canvas. */
export function paint(hash, canvas) {
  const counts = number(hash[0]);
  const across = (counts % 9) + 1;
  const down = Math.floor(counts / 9) + 1;
  const most = (number(hash[1]) + 1) / 166;
  const mean = number(hash.slice(2, 6));
  const factors = [[mean >> 16, (mean >> 8) & 255, mean & 255].map(linear)];
  for (let n = 1; n < across * down; n++) {
    const value = number(hash.slice(4 + 2 * n, 6 + 2 * n));
    const steps = [Math.floor(value / 361), Math.floor(value / 19) % 19, value % 19];
    factors.push(steps.map((step) => Math.sign(step - 9) * ((step - 9) / 9) ** 2 * most));
  }
  const context = canvas.getContext("2d");
  const { width, height } = canvas;
  const pixels = context.createImageData(width, height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const sum = [0, 0, 0];
      factors.forEach((factor, n) => {
        const wave =
          Math.cos((Math.PI * x * (n % across)) / width) * Math.cos((Math.PI * y * Math.floor(n / across)) / height);
        for (let c = 0; c < 3; c++) sum[c] += factor[c] * wave;
      });
      pixels.data.set([...sum.map(encoded), 255], 4 * (y * width + x));
    }
  }
  context.putImageData(pixels, 0, 0);
}
