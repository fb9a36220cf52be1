/** The observer of the platform it runs on: see linux/observer.ts and darwin/observer.ts. Both write the lines of lines.ts. */
await import(process.platform === 'darwin' ? './darwin/observer.ts' : './linux/observer.ts');
