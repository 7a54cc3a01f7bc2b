import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { parse } from 'yaml';
import { z } from 'zod';

export const root = join(import.meta.dirname, '../..');

const serviceSchema = z.object({
  image: z.string().optional(),
  build: z.object({ context: z.string(), target: z.string() }).optional(),
  command: z.array(z.string()).optional(),
  user: z.string().optional(),
  profiles: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.string()).default({}),
  env_file: z.string().optional(),
  ports: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  networks: z.array(z.string()).optional(),
  network_mode: z.string().optional(),
  read_only: z.boolean().optional(),
  cap_drop: z.array(z.string()).optional(),
  cap_add: z.array(z.string()).optional(),
  security_opt: z.array(z.string()).optional(),
  restart: z.string().optional(),
  stop_grace_period: z.string().optional(),
  healthcheck: z.object({ test: z.array(z.string()) }).optional(),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
});

type Service = z.infer<typeof serviceSchema>;

const fileSchema = z.object({
  services: z.record(z.string(), serviceSchema),
  networks: z.record(z.string(), z.object({ internal: z.boolean().optional() }).nullable()),
  volumes: z.record(z.string(), z.null()),
});

/** docker-compose.yml, with its anchors followed and its variables as they are written. */
export const compose = fileSchema.parse(parse(readFileSync(join(root, 'docker-compose.yml'), 'utf8'), { merge: true }));

/** A service of the file. Throws where there is none of that name. */
export function serviceNamed(name: string): Service {
  const service = compose.services[name];
  if (!service) throw new Error(`docker-compose.yml has no service ${name}`);
  return service;
}

/** The variables of an env file below the root. */
export function envFile(path: string): Record<string, string> {
  return z.record(z.string(), z.string()).parse(parseEnv(readFileSync(join(root, path), 'utf8')));
}

/** A text with every `${NAME:-default}` replaced, the innermost first; an empty variable counts as unset. */
export function interpolate(text: string, variables: Record<string, string>): string {
  const replaced = text.replaceAll(/\$\{(\w+):-([^${}]*)\}/g, (_, name: string, fallback: string) => variables[name] || fallback);
  return replaced === text ? text : interpolate(replaced, variables);
}

/** What a service's process finds in its environment when Compose is given this env file with `--env-file`. */
export function environmentOf(service: Service, variables: Record<string, string>): Record<string, string> {
  const file = service.env_file === undefined ? {} : envFile(interpolate(service.env_file, variables));
  const own = Object.entries(service.environment).map(([name, value]) => [name, interpolate(value, variables)] as const);
  return { ...file, ...Object.fromEntries(own) };
}

/** The source of a compiled program: dist/src/main.js is made of src/main.ts. */
export function sourceOf(program: string): string {
  return program.replace(/^dist\//, '').replace(/\.js$/, '.ts');
}
