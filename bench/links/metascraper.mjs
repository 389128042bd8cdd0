// As the first example of its README, with two changes: pages are fetched without a browser, which
// is what it does for pages that need none, and `lang` and `logo-favicon` are loaded, too. `clearbit`,
// which asks a service elsewhere, is not.

import getHTML from "html-get";
import createMetascraper from "metascraper";
import author from "metascraper-author";
import date from "metascraper-date";
import description from "metascraper-description";
import image from "metascraper-image";
import lang from "metascraper-lang";
import favicon from "metascraper-logo-favicon";
import publisher from "metascraper-publisher";
import title from "metascraper-title";
import address from "metascraper-url";

const metascraper = createMetascraper([
  author(),
  date(),
  description(),
  image(),
  lang(),
  favicon(),
  publisher(),
  title(),
  address(),
]);

export async function read(url) {
  const page = await getHTML(url, { prerender: false, getBrowserless: () => {} });
  const found = await metascraper(page);
  return {
    title: found.title,
    description: found.description,
    image: found.image,
    favicon: found.logo,
    site_name: found.publisher,
    lang: found.lang,
    author: found.author,
    published: found.date,
  };
}
