/// <reference types="vite/client" />

declare module 'virtual:law-labels' {
  const law: import('./code/labels').Law
  export default law
}
