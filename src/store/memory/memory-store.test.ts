import { MemoryStore } from '#store/memory/memory-store.ts';
import { storeCases } from '#store/store.cases.ts';
import { FakeClock } from '#testing/fake-clock.ts';

storeCases('memory', async () => {
  const clock = new FakeClock();
  const store = new MemoryStore(clock);
  return { store, advance: ms => clock.advance(ms), close: () => store.close() };
});
