import { createApp } from 'vue';
import ClassifyPicture from './ClassifyPicture.vue';

createApp(ClassifyPicture, { model: '/model/' }).mount('#app');
