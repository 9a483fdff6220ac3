import { mount } from 'svelte';
import ClassifyPicture from './ClassifyPicture.svelte';

const target = document.querySelector('#app');
if (!target) throw new Error('The page has lost its element.');
mount(ClassifyPicture, { target, props: { model: '/model/' } });
