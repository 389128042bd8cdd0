// Knocks at a port of 127.0.0.1 in every way a page can; done once all have failed, or in time.
(port, waitMs) => new Promise((done) => {
  "use strict";
  setTimeout(done, waitMs);
  const address = `127.0.0.1:${port}/`;
  const tries = [
    new Promise((end) => {
      const socket = new WebSocket(`ws://${address}`);
      socket.onclose = end;
      socket.onopen = end;
    }),
    new Promise((end) => {
      const source = new EventSource(`http://${address}`);
      source.onerror = () => { source.close(); end(); };
    }),
    fetch(`http://${address}`, { mode: "no-cors" }),
    (async () => {
      const peer = new RTCPeerConnection({ iceServers: [{ urls: `stun:127.0.0.1:${port}` }] });
      peer.createDataChannel("x");
      await peer.setLocalDescription(await peer.createOffer());
      await new Promise((end) => {
        peer.onicegatheringstatechange = () => peer.iceGatheringState === "complete" && end();
      });
      peer.close();
    })(),
  ];
  Promise.allSettled(tries).then(done);
})
