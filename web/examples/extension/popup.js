const answer = document.querySelector('#answer');

document.querySelector('#picture').addEventListener('change', ({ target }) => {
  const [file] = target.files;
  if (!file) return;
  // Messages are JSON, so the picture travels as a data: URL.
  const reader = new FileReader();
  reader.onload = async () => {
    answer.textContent = await chrome.runtime.sendMessage({ picture: reader.result });
  };
  reader.readAsDataURL(file);
});
