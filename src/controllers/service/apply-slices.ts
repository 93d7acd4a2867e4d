/** Carries out a plan for slices and notes what was written. */

import type { EndpointSlice } from '#api/discovery/endpoint-slice.ts';
import { endpointSlices } from '#api/discovery/endpoint-slice.ts';
import { isNamespaceTerminating, isNotFound } from '#client/api-error.ts';
import type { Client } from '#client/client.ts';
import type { Key, Stored } from '#client/object.ts';
import { refOf } from '#client/object.ts';
import type { SliceTracker } from '#controllers/service/slice-tracker.ts';
import type { SlicePlan } from '#controllers/service/slices.ts';

export async function applySlices(client: Client, tracker: SliceTracker, owner: Key, plan: SlicePlan): Promise<void> {
  for (const slice of plan.create) {
    try {
      tracker.wrote(owner, await client.create(endpointSlices, slice));
    } catch (error) {
      if (isNamespaceTerminating(error)) return;
      throw error;
    }
  }
  for (const slice of plan.update) tracker.wrote(owner, await client.update(endpointSlices, slice));
  for (const slice of plan.remove) await remove(client, tracker, owner, slice);
}

async function remove(client: Client, tracker: SliceTracker, owner: Key, slice: Stored<EndpointSlice>): Promise<void> {
  try {
    await client.delete(endpointSlices, refOf(slice));
    tracker.removed(owner, slice);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
