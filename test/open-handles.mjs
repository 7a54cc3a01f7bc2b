const graceMs = 5000;

function fail() {
  console.error('A test left a server, a connection, a timer or a process open. Run its file with --detectOpenHandles to find it.');
  process.exit(1);
}

/** Jest waits for ever for what a test left open. This ends it, as a failure that says so. */
export default function failWhenSomethingStaysOpen() {
  setTimeout(fail, graceMs).unref();
}
