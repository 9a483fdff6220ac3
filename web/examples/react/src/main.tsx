import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { ClassifyPicture } from './ClassifyPicture';

const root = document.querySelector('#app');
if (!root) throw new Error('The page has lost its element.');
createRoot(root).render(
  <StrictMode>
    <ClassifyPicture model="/model/" />
  </StrictMode>,
);
