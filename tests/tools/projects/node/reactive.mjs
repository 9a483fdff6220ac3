import { strict as assert } from 'node:assert';
import { readFile } from 'node:fs/promises';
import { JSDOM } from 'jsdom';
import { loadClassifier } from 'kerasport';
import { createMutable, createStore } from 'solid-js/store';
import { reactive, ref, shallowReactive } from 'vue';

// Alpine looks for a page at once.
const { window } = new JSDOM();
const { document, MutationObserver } = window;
Object.assign(globalThis, { window, document, MutationObserver });
const { default: Alpine } = (await import('alpinejs')).default;
Reflect.deleteProperty(globalThis, 'window');
Reflect.deleteProperty(globalThis, 'document');

const classifier = await loadClassifier('model');
const [store] = createStore({ classifier });
const held = {
  'ref of Vue': ref(classifier).value,
  'reactive of Vue': reactive({ classifier }).classifier,
  'shallowReactive of Vue': shallowReactive({ classifier }).classifier,
  Alpine: Alpine.reactive({ classifier }).classifier,
  'store of Solid': store.classifier,
  'mutable store of Solid': createMutable({ classifier }).classifier,
};
const picture = new Blob([await readFile('model/samples/01.png')]);
for (const [name, each] of Object.entries(held)) {
  const { predictions } = await each.classify(picture);
  assert.ok(predictions[0].probability > 0.3, name);
  assert.ok(each.classNames.length > 1, name);
  assert.equal(each, classifier, name);
}
console.log('like Keras');
