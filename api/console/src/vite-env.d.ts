/// <reference types="vite/client" />

declare module 'virtual:law-labels' {
  const law: import('./verify/labels').Law
  export default law
}
