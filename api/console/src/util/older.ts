// What the libraries in the worker need and Chrome 90 has not: the page's polyfills do not
// reach a worker. It is imported before them.
if (!Object.hasOwn) {
  Object.defineProperty(Object, 'hasOwn', {
    configurable: true,
    writable: true,
    value: (o: object, name: PropertyKey) => Object.prototype.hasOwnProperty.call(o, name),
  })
}

export {}
