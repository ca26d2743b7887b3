// What libraries in a worker use and Chrome 90 has not: the polyfills of the build stand
// in the page only. A worker imports this first.
if (!Object.hasOwn) {
  Object.defineProperty(Object, 'hasOwn', {
    configurable: true,
    writable: true,
    value: (object: object, name: PropertyKey) => Object.prototype.hasOwnProperty.call(object, name),
  })
}
