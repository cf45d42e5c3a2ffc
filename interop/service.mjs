// Starts `videogen serve`, or the scripted server of the A2A kit, for the checks beside this file.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export const videogen = process.env.VIDEOGEN;
const kit = join(process.env.VIDEOGEN_BUILD_DIR, 'a2a_tck_server');

// A folder that goes again, with a small sound clip in it.
export function workplace() {
  const folder = mkdtempSync(join(tmpdir(), 'videogen interop '));
  const clip = join(folder, 'clip.mp4');
  execFileSync(videogen, ['sample', '--quiet', '--size', '128x72', '--fps', '12', '--seconds', '3',
                          '--', clip]);
  return { folder, clip, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

// `use` gets the address; the service ends with it.
export async function withService(folder, { scripted = false } = {}, use) {
  const flags = ['serve', '--listen', '127.0.0.1:0', '--data', join(folder, 'data')];
  if (!scripted) flags.push('--files', folder, '--allow-net', '127.0.0.0/8');
  const child = spawn(scripted ? kit : videogen, flags, { stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    const [line] = await once(createInterface({ input: child.stdout }), 'line');
    await use(line.split(' at ')[1]);
  } finally {
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
}
