// As the example of its README. It keeps what it finds apart by where it stands; we take it in the
// order that its users do: open graph, twitter card, the page's own. It knows no language but
// `og:locale`, which is left out.

import { unfurl } from "unfurl.js";

const isName = (text) => text && !/^https?:/.test(text);

export async function read(url) {
  const found = await unfurl(url);
  const og = found.open_graph || {};
  const twitter = found.twitter_card || {};
  const article = og.articles?.[0] || {};
  const images = og.images || twitter.images || [];
  return {
    title: og.title || twitter.title || found.title,
    description: og.description || twitter.description || found.description,
    image: images[0]?.url,
    images: images.map((image) => image.url),
    favicon: found.favicon,
    site_name: og.site_name,
    type: og.type,
    author: [article.author, found.author].find(isName),
    published: article.published_time,
  };
}
