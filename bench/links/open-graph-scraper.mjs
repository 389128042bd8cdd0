// As the first example of its README. Its values stand under og and twitter names of their own; we
// take them in the order that its users do: og, which it fills from elsewhere, then twitter.

import ogs from "open-graph-scraper";

const first = (list) => list?.[0]?.url;

const isName = (text) => text && !/^https?:/.test(text);

export async function read(url) {
  const { result } = await ogs({ url });
  const images = result.ogImage || result.twitterImage;
  return {
    title: result.ogTitle || result.twitterTitle,
    description: result.ogDescription || result.twitterDescription,
    image: first(result.ogImage) || first(result.twitterImage),
    images: (images || []).map((image) => image.url),
    favicon: result.favicon,
    site_name: result.ogSiteName,
    type: result.ogType,
    lang: result.ogLocale,
    author: [result.articleAuthor, result.ogArticleAuthor, result.author].find(isName),
    published:
      result.articlePublishedTime ||
      result.articlePublishedDate ||
      result.ogArticlePublishedTime ||
      result.publishedTime ||
      result.ogDate ||
      result.dcDate,
  };
}
