'use strict';
// Progress on stderr: a bar that redraws itself on a terminal, a line for each tenth elsewhere.

const megabytes = (bytes) => (bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0);

function progress(label, total, { stream = process.stderr, quiet = false } = {}) {
  const started = Date.now();
  let done = 0;
  let shown = -1;
  const draw = () => {
    const share = total ? Math.min(done / total, 1) : 0;
    const seconds = Math.max((Date.now() - started) / 1000, 1e-3);
    const amount = total ? `${megabytes(done)}/${megabytes(total)} MB` : `${megabytes(done)} MB`;
    const percent = total ? `${String(Math.floor(share * 100)).padStart(3)} %` : '';
    if (stream.isTTY) {
      const width = Math.max(10, Math.min(30, (stream.columns || 80) - label.length - 40));
      const bar = '#'.repeat(Math.round(share * width)).padEnd(width, '.');
      stream.write(`\r\x1b[K${label} [${bar}] ${percent} ${amount} ${megabytes(done / seconds)} MB/s`);
    } else {
      stream.write(`${label} ${percent} ${amount}\n`);
    }
  };
  return {
    /** Counts `bytes` more; `bytes` may be negative when a part is done again. */
    add(bytes) {
      done += bytes;
      if (quiet) return;
      const step = stream.isTTY
        ? Math.floor(Date.now() / 100)
        : Math.floor(total ? (done / total) * 10 : done / 1e8);
      if (step !== shown && (stream.isTTY || step > shown)) {
        shown = step;
        draw();
      }
    },
    end() {
      if (!quiet && stream.isTTY) {
        draw();
        stream.write('\n');
      }
    },
  };
}

module.exports = { progress };
