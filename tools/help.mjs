// `npm run help`: the commands of this repository.
process.stdout.write(`npm start                  a cluster on this machine (proa up); Ctrl-C stops it
npm test                   everything that must hold
npm test -- PATTERN        the test files whose path holds PATTERN
npm run help               this
./proa help                the commands of proa
node bench/NAME.ts         a benchmark
`);
