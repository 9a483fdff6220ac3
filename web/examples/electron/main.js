import { app, BrowserWindow } from 'electron';

// The window is a page like any other: no Node in it, and nothing to expose to it.
await app.whenReady();
new BrowserWindow({ width: 480, height: 320 }).loadFile('index.html');
app.on('window-all-closed', () => app.quit());
