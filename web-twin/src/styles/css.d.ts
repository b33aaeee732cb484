// Styles of what is fetched later come with its code.
declare module "*.css";
